/** Beginning and end of a file, as far as recognising it needs them. */
export interface FileEnds {
  readonly sizeBytes: number;
  /** At most {@link ENDS_BYTES}. */
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

/** Enough for a descriptor embedded in a sparse VMDK, and for the volume descriptor of a CD (at 32,769). */
export const ENDS_BYTES = 65_536;

/**
 * What a file is for:
 *
 * - `disk`: a whole disk in another form than raw
 * - `part`: an extent or map that is nothing without its descriptor
 * - `package`: something else that may have disks inside (an archive, compressed data, a backup)
 * - `vm`: another file of a virtual machine
 * - `content`: what may well stand at the beginning of a raw disk: a container or file system over the whole of it
 */
export type FileRole = 'disk' | 'part' | 'package' | 'vm' | 'content';

/** A kind of file that is recognised by its bytes. */
export interface FileKind {
  /** Short name for programs: `vdi`, `qcow2`, `vmdk-sparse` ... */
  readonly id: string;
  /** With its article: "a VirtualBox disk image (VDI)". */
  readonly name: string;
  readonly role: FileRole;
  /**
   * What turns the file into a raw disk image: a sentence that ends in the command line, which takes the path in
   * quotes; or a sentence alone where there is none.
   */
  next(path: string): string;
}

/** A kind whose disks qemu-img converts. */
export function qemuKind(id: string, name: string, format: string): FileKind {
  return { id, name, role: 'disk', next: (path) => `Convert it first: ${qemuImgLine(path, format)}` };
}

/** A kind that another program than qemu-img unpacks. `line` gets the quoted path, and where the output goes. */
export function packedKind(id: string, name: string, line: (quoted: string, output: string) => string): FileKind {
  const then = 'the result may also need qemu-img convert -O raw';
  return {
    id,
    name,
    role: 'package',
    next: (path) => `Unpack it first (${then}): ${line(quotePath(path), outputFor(path))}`,
  };
}

/** A part of a VMDK, which is converted by its descriptor. */
export function partKind(id: string, name: string): FileKind {
  const next = (path: string): string => {
    const descriptor = descriptorBeside(path);
    const line = qemuImgLine(descriptor ?? 'NAME.vmdk', 'vmdk');
    return `Convert the disk by its descriptor, the small .vmdk beside it: ${line}`;
  };
  return { id, name, role: 'part', next };
}

/**
 * The descriptor to which a part of a VMDK belongs, by VMware's names: `web-flat.vmdk`, `web-s001.vmdk`,
 * `web-000001-delta.vmdk`, `web-ctk.vmdk` ...; null when the name is none of a part.
 */
export function descriptorBeside(path: string): string | null {
  const [, base, end] = /^(.*)-(?:flat|delta|sesparse|ctk|rdmp?|[fs][0-9]{3,4})(\.vmdk)$/is.exec(path) ?? [];
  return base === undefined || end === undefined ? null : base + end;
}

/** A kind for which no single command line is right. */
export function plainKind(id: string, name: string, role: FileRole, next: string): FileKind {
  return { id, name, role, next: () => next };
}

/** The line that makes a raw image of a disk image; without a format qemu-img finds it out. */
export function qemuImgLine(path: string, format?: string): string {
  return `qemu-img convert${format === undefined ? '' : ` -f ${format}`} -O raw ${quotePath(path)} ${outputFor(path)}`;
}

/** A path as one word of a shell. */
export function quotePath(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/** Where a raw image goes: never onto the file that it is made of. */
function outputFor(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) === 'disk.img' ? 'raw-disk.img' : 'disk.img';
}
