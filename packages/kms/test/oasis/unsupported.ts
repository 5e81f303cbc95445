import type { OasisCase } from './oasis-case.js';

/** Operations that the key server leaves out, and why. */
const OPERATIONS: Readonly<Record<string, string>> = {
  Certify: 'the key server is no certificate authority for its clients’ keys',
  ReCertify: 'the key server is no certificate authority for its clients’ keys',
  Put: 'a server sends it to its client, and no connection of ours goes that way',
  Notify: 'a server sends it to its client, and no connection of ours goes that way',
};

/** Cases whose sample shows what only the server that made it has; all else in them must be right. */
const CASES: Readonly<Record<string, { readonly reason: string; readonly lacks: RegExp }>> = {
  TC_122_11_Query_Vendor_Extensions: {
    reason: 'asks for the vendor extensions of another server; ours has none, and Query says so',
    lacks: /\.ExtensionInformation is absent$/,
  },
  TC_141_11_Key_Wrapping_using_AES_Key_Wrap_and_No_Encoding: {
    reason:
      'shows the bare wrapped key as the Key Value itself; ours has it as Key Material, as PyKMIP and OASIS’ case for 1.4',
    lacks: /\.KeyValue is of type Structure, not ByteString$/,
  },
  TC_151_11_Locate_a_Fresh_Object_from_the_Default_Group: {
    reason: 'wants a key that no client has made; ours makes none unasked',
    lacks: /./,
  },
  SKFF_O_6_11_SymmetricKeyOptional_6: {
    reason: 'lists an Object Group that the case never gave the key; ours puts no key into a group unasked',
    lacks: /\.AttributeName Object Group is absent$/,
  },
};

/** Says whether this step's answer cannot be the sample's. */
export function isLeftOut(brief: string): boolean {
  return operationsOf(brief).some((operation) => operation in OPERATIONS);
}

/** The differences that count in a case. */
export function countedDifferences(id: string, differences: readonly string[]): string[] {
  return differences.filter((difference) => CASES[id]?.lacks.test(difference) !== true);
}

/** Why a case cannot be replayed whole, or undefined if it can. */
export function whyUnsupported({ id, steps }: OasisCase): string | undefined {
  const missing = new Set(steps.flatMap(({ brief }) => operationsOf(brief)).filter((name) => name in OPERATIONS));
  const reasons = new Set([...missing].map((name) => OPERATIONS[name]));
  return (
    CASES[id]?.reason ?? (missing.size === 0 ? undefined : `${[...missing].join(' and ')}: ${[...reasons].join('; ')}`)
  );
}

/** `Create:Success + Get:OperationFailed/ItemNotFound` names Create and Get. */
const operationsOf = (brief: string): string[] => brief.split(' + ').map((item) => item.split(':')[0] ?? '');
