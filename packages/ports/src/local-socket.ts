import type { Channel } from './network.js';

/**
 * One connection between two processes of one user on one machine. Nobody shows a certificate: the file's mode judges.
 * Unlike a network's channel it may be read on after its own close, until the peer ends too; and a peer that is aborted
 * shows as the end of the stream where everything was read, because the system does not tell the two apart.
 */
export type LocalChannel = Omit<Channel, 'peer'>;

/**
 * Sockets that have a file's name in place of an address, for a program that talks to its own server. Real time only:
 * they are a matter of the program, not of a world.
 */
export interface LocalSocket {
  /** @throws NetworkError REFUSED when nobody listens there (no file, or one that a cut left), NOT_PERMITTED, NAME_TOO_LONG,
   *   UNREACHABLE */
  connect(path: string): Promise<LocalChannel>;
  /**
   * Listens at `path`, which from its first moment only this user may use (mode 0600). A file that a cut left there is
   * replaced.
   *
   * @param onChannel takes each connection; it should not reject
   * @returns its end: takes the file away and pulls the plug of the connections that are left
   * @throws NetworkError ADDRESS_IN_USE when somebody listens there, NOT_PERMITTED, UNREACHABLE; NAME_TOO_LONG where the
   *   system has no way to name it in 107 bytes
   */
  listen(path: string, onChannel: (channel: LocalChannel) => Promise<void>): Promise<{ close(): Promise<void> }>;
}
