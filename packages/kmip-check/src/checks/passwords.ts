import type { Check } from '../check.js';
import { notTried, pass, tolerated } from '../finding.js';
import { Trouble } from '../trouble.js';
import { NO_SUCH_KEY, refusalOfGet } from './missing-key.js';

const NOT_ASKED = 'Not asked for: name a user with --user and --password-file.';
const PLACE = { message: 'Get', field: 'Authentication' };

/** User name and password in the header of a request, beside the certificate. */
export const password: Check = {
  name: 'password',
  about: 'The user name and password of --user are accepted.',
  needs: ['discover-versions'],
  consequence: 'says "User authentication failed to Key Management Server", and can neither make nor fetch a key.',
  async run(server) {
    const { credential } = server.options;
    if (credential === null) return notTried(NOT_ASKED);
    const refusal = await refusalOfGet(server, NO_SUCH_KEY);
    if (refusal.code === 'AuthenticationNotSuccessful') throw new Trouble(PLACE, refusal.message, refusal.code);
    if (refusal.place.field !== 'Result Reason' && refusal.code !== 'SUCCESS') throw refusal;
    return pass(`The user ${credential.username} is accepted.`);
  },
};

/** One try each: some servers lock a user out after a few. */
export const wrongPassword: Check = {
  name: 'wrong-password',
  about: 'The right user with another password, and another user with the right password, get no key.',
  needs: ['password', 'get-key'],
  consequence: 'sends a password that protects nothing.',
  async run(server) {
    const { credential } = server.options;
    if (credential === null) return notTried(NOT_ASKED);
    const id = server.firstKey;
    const other = Uint8Array.from(credential.password).map((byte) => (byte === 0x78 ? 0x79 : 0x78));
    const wrong = { username: credential.username, password: other };
    const stranger = { username: `${credential.username}-of-kmip-check`, password: credential.password };
    try {
      const isWrongTaken = await getsKey(wrong);
      const isStrangerTaken = await getsKey(stranger);
      if (isWrongTaken && isStrangerTaken) {
        const says = 'The server looks at no user name and no password: the certificate alone decides.';
        return tolerated(says, PLACE, wrongPassword.consequence);
      }
      if (isWrongTaken) {
        const says = 'The right user gets the key with a wrong password. Is a password set for this client there?';
        throw new Trouble(PLACE, says, 'SUCCESS');
      }
      if (isStrangerTaken) throw new Trouble(PLACE, 'Another user gets the key with that password.', 'SUCCESS');
      return pass('A wrong password and another user name are refused.');
    } finally {
      other.fill(0);
    }

    async function getsKey(shown: NonNullable<typeof credential>): Promise<boolean> {
      return (await refusalOfGet(server, id, { credential: shown })).code === 'SUCCESS';
    }
  },
};
