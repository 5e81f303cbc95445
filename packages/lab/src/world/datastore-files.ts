import { exists, type FileSystem, folderOf, readWhole, replaceFile } from '@vcryptsim/ports';
import { LabError } from '../errors/lab-error.js';
import { copyFile, copyFolder } from '../folder/copy-folder.js';
import type { RunPlaces } from '../folder/run-folder.js';
import { removeTree } from '../folder/run-mark.js';
import { type EditedText, editText, type TextEdit } from './text-edit.js';

const TEXT_BYTES_MAX = 16 * 1024 * 1024;

/** A file of a VM, or with `fileName` null the folder of one. */
export interface DatastorePlace {
  readonly datastore: string;
  readonly folder: string;
  readonly fileName: string | null;
}

/** What working on datastores past the hosts needs. */
export interface DatastoreFilesOptions {
  readonly folder: Pick<RunPlaces, 'datastores' | 'copies'>;
  /** Files as somebody reaches them who has the disks in hand. */
  readonly files: FileSystem;
}

/**
 * Somebody who has the datastores in hand: edits files of VMs, copies them aside and puts copies back, and asks no host.
 * A copy lies in `copies/NAME/DATASTORE/FOLDER`, and `copies/NAME.file/...` where it is of one file.
 */
export class DatastoreFiles {
  readonly #o: DatastoreFilesOptions;

  constructor(o: DatastoreFilesOptions) {
    this.#o = o;
  }

  /** Changes a text file in its place. @throws LabError TEXT_NOT_FOUND when nothing would change; FileError */
  async edit(place: DatastorePlace, edit: TextEdit): Promise<EditedText> {
    const { files } = this.#o;
    const path = this.#pathOf(place);
    const edited = editText(await readWhole(files, path, TEXT_BYTES_MAX), edit, shown(place));
    await replaceFile(files, path, edited.bytes);
    return edited;
  }

  /** Copies a file, or a VM's folder, under a name; an earlier copy of this name is replaced. @throws FileError */
  async copy(place: DatastorePlace, name: string): Promise<void> {
    const { files } = this.#o;
    await this.#forget(name);
    const target = this.#copyOf(place, name);
    if (place.fileName === null) return copyFolder(files, this.#pathOf(place), target);
    await copyFolder(files, null, folderOf(target));
    await copyFile(files, this.#pathOf(place), target);
  }

  /**
   * Puts a copy back where it was taken. Of a folder everything that came since is gone.
   *
   * @returns the places, as they are written
   * @throws LabError NO_COPY; FileError
   */
  async restore(name: string): Promise<readonly string[]> {
    const { files, folder } = this.#o;
    const restored: string[] = [];
    for (const kind of ['', '.file']) {
      const root = `${folder.copies}/${name}${kind}`;
      if (!(await exists(files, root))) continue;
      for (const datastore of await files.readdir(root)) {
        for (const vm of await files.readdir(`${root}/${datastore}`)) {
          const from = `${root}/${datastore}/${vm}`;
          const to = `${folder.datastores}/${datastore}/${vm}`;
          const names = kind === '' ? null : await files.readdir(from);
          for (const fileName of names ?? (await files.readdir(to))) await removeTree(files, `${to}/${fileName}`);
          await copyFolder(files, from, to);
          for (const fileName of names ?? [null]) restored.push(shown({ datastore, folder: vm, fileName }));
        }
      }
    }
    if (restored.length === 0) throw await this.#unknown(name);
    return restored;
  }

  async #forget(name: string): Promise<void> {
    for (const path of [`${this.#o.folder.copies}/${name}`, `${this.#o.folder.copies}/${name}.file`]) {
      if (await exists(this.#o.files, path)) await removeTree(this.#o.files, path);
    }
  }

  async #unknown(name: string): Promise<LabError> {
    const { files, folder } = this.#o;
    const names = (await exists(files, folder.copies)) ? await files.readdir(folder.copies) : [];
    const known = names.map((one) => one.replace(/\.file$/, '')).join(', ');
    const next = known === '' ? 'Take one first with file.copy.' : `There are: ${known}.`;
    return new LabError('NO_COPY', `There is no copy '${name}' of files. ${next}`);
  }

  #pathOf({ datastore, folder, fileName }: DatastorePlace): string {
    const path = `${this.#o.folder.datastores}/${datastore}/${folder}`;
    return fileName === null ? path : `${path}/${fileName}`;
  }

  #copyOf({ datastore, folder, fileName }: DatastorePlace, name: string): string {
    const root = `${this.#o.folder.copies}/${name}${fileName === null ? '' : '.file'}`;
    return [root, datastore, folder, ...(fileName === null ? [] : [fileName])].join('/');
  }
}

/** As VMware writes it: `[datastore1] payroll/payroll.vmx`. */
function shown({ datastore, folder, fileName }: DatastorePlace): string {
  return `[${datastore}] ${folder}${fileName === null ? '' : `/${fileName}`}`;
}
