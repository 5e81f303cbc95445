/** Placeholder until the package lands. */
export interface KeyParcel {
  dispose(): void;
}
