export { ByteScanner, type ScanMatch, type ScanNeedle } from './scan/byte-scanner.js';
export type { NeedleForm } from './scan/needle-forms.js';
export { type FileMatch, type SearchedFiles, scanFolder, scanRanges } from './scan/scan-folder.js';
export { type MemoryMatch, scanOwnMemory } from './scan/scan-own-memory.js';
