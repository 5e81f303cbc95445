// Each FileSystem of this package and of its tests runs the one suite.
import type { HostName } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describeFileSystem } from '../../simkit/test/files/file-system-suite.js';
import { BootFiles } from '../src/host/boot-files.js';
import { BootLife } from '../src/host/boot-life.js';
import { FailingFiles } from './support/failing-files.js';

const folder = '/here';
const memory = () => {
  const files = new MemoryFileSystem();
  void files.mkdir(folder);
  return files;
};

describeFileSystem('BootFiles while the host runs', () => ({
  files: new BootFiles(memory(), new BootLife('esx-1' as HostName)),
  folder,
  dispose: () => {},
}));
describeFileSystem('FailingFiles of which no call fails', () => ({
  files: new FailingFiles(memory()),
  folder,
  dispose: () => {},
}));
