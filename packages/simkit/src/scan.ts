export { ByteScanner, type ScanMatch } from './scan/byte-scanner.js';
export type { NeedleForm } from './scan/needle-forms.js';
export { NeedleSet, type ScanNeedle } from './scan/needle-set.js';
export { type FileMatch, type SearchedFiles, scanFolder, scanRanges } from './scan/scan-folder.js';
export { type MemoryMatch, scanOwnMemory } from './scan/scan-own-memory.js';
