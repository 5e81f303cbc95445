import { Tag } from '@vcryptsim/kmip-lite';
import { KmipClientError } from '@vcryptsim/kmip-lite/client';
import { PkiError } from '@vcryptsim/pki';
import { ClockError, NetworkError } from '@vcryptsim/ports';
import { failureCode, UnusableKeyError } from '@vcryptsim/vcenter/conversation';
import type { Place } from './check.js';
import type { LastMessage } from './last-message.js';
import { spelled } from './spelling.js';

/** Something that stops vCenter: where on the wire, and what was found there. */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  /**
   * @param place message and field
   * @param message what was found, in a sentence that holds no key bytes
   * @param code KMIP result reason (`ItemNotFound`), or the code of the error underneath
   */
  constructor(
    readonly place: Place,
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

/**
 * Says where a conversation failed.
 *
 * @param last what was sent last
 * @returns a Trouble; any error that is a mistake of ours is thrown on
 */
export function troubleOf(error: unknown, last: LastMessage): Trouble {
  const code = failureCode(error);
  if (code === null || !(error instanceof Error)) throw error;
  return new Trouble(placeOf(error, last), wordsOf(error, last), code);
}

function placeOf(error: Error, { connected, request }: LastMessage): Place {
  if (error instanceof PkiError) return { message: 'TLS handshake', field: 'server certificate' };
  if (!connected) return { message: 'TLS handshake', field: 'connection' };
  if (error instanceof UnusableKeyError) return placeOfUnusable(error);
  const message = request ?? 'empty connection';
  if (!(error instanceof KmipClientError)) return { message, field: 'connection' };
  if (error.code === 'OPERATION_FAILED') return { message, field: 'Result Reason' };
  if (error.code === 'PROTOCOL') return { message, field: fieldNamedIn(error.message) ?? 'Response Message' };
  return { message, field: 'connection' };
}

function placeOfUnusable({ state }: UnusableKeyError): Place {
  const isAes = state !== 'not an AES-256 key';
  return isAes ? { message: 'Get Attributes', field: 'State' } : { message: 'Get', field: 'Key Block' };
}

function wordsOf(error: Error, { connected, request, answers }: LastMessage): string {
  if (error instanceof KmipClientError && error.code === 'CONNECTION_CLOSED') {
    const first = answers === 0 ? ' That is how a server refuses a client certificate under TLS 1.3.' : '';
    return `The server ended the connection instead of answering ${request ?? 'anything'}.${first}`;
  }
  if (error instanceof KmipClientError && error.code === 'OPERATION_FAILED') {
    const words = error.resultMessage === undefined ? '' : `: ${error.resultMessage}`;
    return sentence(`It failed with ${spelled(error.reason ?? 'no reason')}${words}`);
  }
  if (error instanceof NetworkError && !connected)
    return `No TLS connection was established: ${sentence(error.message)}`;
  if (error instanceof ClockError) return 'No TLS connection was established in time.';
  return sentence(error.message);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

const FIELDS = Object.keys(Tag)
  .map((name) => ({ name, spaced: spelled(name) }))
  .sort((a, b) => b.name.length - a.name.length);

/** The KMIP field that a sentence of the client speaks of, spelled as the specification does. */
function fieldNamedIn(text: string): string | undefined {
  return FIELDS.find(({ name, spaced }) => text.includes(name) || text.includes(spaced))?.spaced;
}
