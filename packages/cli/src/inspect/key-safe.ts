import { HypervisorError } from '@vcryptsim/hypervisor/api';
import { type KeyLocator, parseKeyLocator } from '@vcryptsim/hypervisor/formats';
import type { SealedKey } from './file-report.js';

/**
 * Says what opens the keys in a key locator, whoever wrote it: a host's bundle, the key safe of Workstation and Fusion
 * (a password), a list of several. Nothing is opened. A key safe that cannot be read is still a key safe: it says so.
 *
 * @param place the key it stands under: `encryption.keySafe` ...
 */
export function readKeySafe(place: string, text: string, file: string): SealedKey[] {
  try {
    return keysOf(parseKeyLocator(text, file), place);
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    return [{ place, opensWith: 'something that this program cannot read', lockedBytes: 0 }];
  }
}

/** The keys that a key locator holds or names. */
export function keysOf(locator: KeyLocator, place: string): SealedKey[] {
  switch (locator.type) {
    case 'list':
      return locator.locators.flatMap((one) => keysOf(one, place));
    case 'pair': {
      const lockedBytes = Buffer.from(locator.locked ?? '', 'base64').length;
      const macName = locator.macName ?? 'none';
      return keysOf(locator.locker, place).map((key) => ({ ...key, macName, lockedBytes }));
    }
    case 'fqid':
      return [{ place, keyId: locator.keyId ?? '(none)', providerId: locator.keyServerId ?? '(none)', lockedBytes: 0 }];
    default:
      return [{ place, opensWith: openerOf(locator), lockedBytes: 0 }];
  }
}

/** A key without the name of its MAC where that is the usual one. */
export function plainMac({ macName, ...key }: SealedKey): SealedKey {
  return macName === undefined || macName === 'HMAC-SHA-256' ? key : { ...key, macName };
}

function openerOf(locator: Exclude<KeyLocator, { type: 'list' | 'pair' | 'fqid' }>): string {
  switch (locator.type) {
    case 'phrase':
      return `a password (${derivationOf(locator.keyGenerator ?? '')})`;
    case 'rawkey':
      return 'a raw key in this file: anyone who has the file has the key';
    case 'ldap':
      return `a key in the directory of ${locator.server ?? 'an unnamed server'}`;
    case 'script':
      return `a key that the script ${locator.path ?? ''} fetches`;
    case 'role':
      return `a key of the role ${locator.role}`;
    case 'null':
      return 'nothing: the locator is empty';
  }
}

/** `pass2key=PBKDF2-HMAC-SHA-1:cipher=AES-256:rounds=10000:salt=...`, the salt left out. */
function derivationOf(keyGenerator: string): string {
  const fields = new Map(
    keyGenerator.split(':').map((field): [string, string] => {
      const equals = field.indexOf('=');
      return [field.slice(0, Math.max(0, equals)), field.slice(equals + 1)];
    }),
  );
  const rounds = fields.get('rounds');
  return [
    fields.get('pass2key') ?? 'in a way that the file does not say',
    ...(rounds === undefined ? [] : [`${rounds} rounds`]),
    ...(fields.has('cipher') ? [fields.get('cipher')] : []),
  ].join(', ');
}
