/** How bytes may be written down. `hex` is tried in both cases, `base64` and `base64url` at all three phases. */
export type NeedleForm = 'raw' | 'hex' | 'base64' | 'base64url' | 'reversed';
