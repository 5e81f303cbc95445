import type { Vecs } from '../../crypto/vecs.js';
import type { KmipServerSpec } from '../../terms/requests.js';

/** Keeps the password of a key server in VECS, or takes it away. @throws FileError */
export async function keepPassword(vecs: Vecs, { providerId, server, password }: KmipServerSpec): Promise<void> {
  if (server.userName === undefined || password?.length === 0) await vecs.removePassword(providerId, server.name);
  else if (password) await vecs.putPassword(providerId, server.name, password);
}
