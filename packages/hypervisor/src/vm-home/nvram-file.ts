import type { Dek } from '@vcryptsim/crypto-core';
import type { Entropy, VmUuid } from '@vcryptsim/ports';
import { bundleMissing, fileDamaged, notSupported } from '../api/faults.js';
import { isEncobj, openEncobj, sealEncobj } from '../formats/encobj.js';
import { decodeNvram, encodeNvram, isPlainNvram, type NvramVariables } from '../formats/nvram.js';
import type { VmConfig } from './vm-config.js';

const NVRAM_LIMIT_BYTES = 1024 * 1024;

/** What the firmware of a new VM remembers; the setup password is what a thief would look for (row S05). */
export function firstNvram(vm: VmUuid): NvramVariables {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  return new Map([
    ['BootOrder', Uint8Array.of(0, 0)],
    ['SecureBoot', Uint8Array.of(1)],
    ['SetupPassword', text(`setup password of ${vm}`)],
  ]);
}

/** The bytes of an NVRAM file: sealed by the VM home's DEK, or plain where there is none. */
export function composeNvramFile(variables: NvramVariables, vm: VmUuid, dek: Dek | null, entropy: Entropy): Uint8Array {
  const plaintext = encodeNvram(variables);
  return dek === null ? plaintext : sealEncobj(plaintext, { dek, context: contextOf(vm), entropy });
}

/**
 * Reads and checks the NVRAM file.
 *
 * @param dek of the VM home; null for a plain VM
 * @throws HypervisorError ENVELOPE_TAMPERED, FILE_DAMAGED; NOT_SUPPORTED for a real product's; BUNDLE_MISSING when it is sealed and the VMX says plain
 */
export async function readNvramFile(config: VmConfig, dek: Dek | null): Promise<NvramVariables> {
  const { folder, nvramFileName } = config;
  const file = folder.shown(nvramFileName);
  const bytes = await folder.readBytes(nvramFileName, NVRAM_LIMIT_BYTES);
  if (isForeignNvram(bytes)) {
    throw notSupported(
      'NVRAM',
      `${file} is the NVRAM of a real product, whose layout is not published. It is not read here.`,
    );
  }
  if (dek !== null) return decodeNvram(openEncobj(bytes, { dek, context: contextOf(config.uuid), file }), file);
  if (isEncobj(bytes)) throw bundleMissing(folder.shown(config.vmxFileName));
  if (!isPlainNvram(bytes)) throw fileDamaged(file, 'it does not begin as an NVRAM file does');
  return decodeNvram(bytes, file);
}

/** As VMware writes it in clear. A sealed one of VMware's has our header, and does not open: its MAC is another. */
function isForeignNvram(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'MRVN';
}

function contextOf(vm: VmUuid): string {
  return `nvram ${vm}`;
}
