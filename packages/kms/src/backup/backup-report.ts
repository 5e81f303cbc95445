/** What a backup holds, or what was restored of one. */
export interface BackupReport {
  readonly files: number;
  readonly sizeBytes: number;
}
