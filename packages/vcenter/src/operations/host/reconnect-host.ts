import { noArguments } from '../arguments.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';

/**
 * ReconnectHost_Task: looks at a host now and brings it the keys that it lacks. Fails with the first that it did not get:
 * as Keys.fetch, KEY_PUSH_FAILED; VCenterError HOST_NOT_CONNECTED
 */
export const reconnectHost = taskOperation<'HostSystem', Record<string, never>>({
  name: 'ReconnectHost_Task',
  on: 'HostSystem',
  verb: 'host.reconnect',
  about: 'Looks at a host now, and brings it the keys that it lacks.',
  source: 'facts/vim-api.md section 3',
  args: noArguments,
  needs: [
    onObject('HostSystem', 'Host.Config.Connection'),
    {
      ...onObject('HostSystem', 'Cryptographer.RegisterHost'),
      when: 'the host is to be in encryption mode and is not',
      objects: (_, { object }) => (object.requiresEncryption && object.cryptoState !== 'safe' ? [object.id] : []),
    },
  ],
  run: async ({ remediation }, { object }) => {
    const [failure] = (await remediation.attend(object.id)).values();
    if (failure) throw failure;
    return null;
  },
});
