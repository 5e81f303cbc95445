import { Tag } from '@vcryptsim/kmip-lite';
import { KmipClientError } from '@vcryptsim/kmip-lite/client';
import { PkiError } from '@vcryptsim/pki';
import { ClockError, NetworkError } from '@vcryptsim/ports';
import { failureCode, UnusableKeyError } from '@vcryptsim/vcenter/conversation';
import type { Place } from './finding.js';
import type { Language, LastMessage } from './last-message.js';
import { spelled } from './spelling.js';
import { alertIn } from './tls-alert.js';

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
    /** Whether anything had come from the server above TLS. */
    readonly answered = true,
  ) {
    super(message);
  }
}

/** Code of a Trouble with something that speaks another language. */
export const NOT_KMIP = 'NOT_KMIP';

const LANGUAGES: Readonly<Record<Exclude<Language, 'KMIP'>, string>> = {
  HTTP: 'it speaks HTTP, as a web server does',
  SSH: 'it speaks SSH',
  unknown: 'its answer does not begin as a message of KMIP does',
};

/**
 * Says where a conversation failed.
 *
 * @param last what was sent last
 * @returns a Trouble; any error that is a mistake of ours is thrown on
 */
export function troubleOf(error: unknown, last: LastMessage): Trouble {
  const code = failureCode(error);
  if (code === null || !(error instanceof Error)) throw error;
  if (last.language !== null && last.language !== 'KMIP') {
    const place = { message: last.request ?? 'first message', field: 'Response Message' };
    return new Trouble(place, `What answers is no KMIP server: ${LANGUAGES[last.language]}.`, NOT_KMIP);
  }
  return new Trouble(placeOf(error, last), wordsOf(error, last), code, last.answers > 0);
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
  if (error instanceof KmipClientError && error.code === 'CONNECTION_CLOSED' && error.answerBytes > 0) {
    return `The server ended the connection in the middle of its answer to ${request ?? 'the first message'}, after ${error.answerBytes} bytes.`;
  }
  if (error instanceof KmipClientError && error.code === 'CONNECTION_CLOSED') {
    const first =
      answers === 0
        ? ' So does a server that refuses the client certificate under TLS 1.3, and one that fails at the request: its log tells which.'
        : '';
    return `The server ended the connection instead of answering ${request ?? 'anything'}.${first}`;
  }
  if (error instanceof KmipClientError && error.code === 'OPERATION_FAILED') {
    const words = error.resultMessage === undefined ? '' : `: ${error.resultMessage}`;
    return sentence(`It failed with ${spelled(error.reason ?? 'no reason')}${words}`);
  }
  const alert = error instanceof NetworkError ? alertIn(error.message) : null;
  if (alert !== null) return alert;
  if (error instanceof NetworkError && !connected)
    return `No TLS connection was established: ${sentence(error.message)}`;
  if (error instanceof ClockError) return 'No TLS connection was established in time.';
  return sentence(error.message);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Names of one or two letters (P, Q, D) would be found in any word. */
const SHORTEST_NAME = 4;
const FIELDS = Object.keys(Tag)
  .filter((name) => name.length >= SHORTEST_NAME)
  .map((name) => ({ spaced: spelled(name), pattern: new RegExp(`\\b(?:${name}|${spelled(name)})\\b`) }))
  .sort((a, b) => b.spaced.length - a.spaced.length);

/** The KMIP field that a sentence of the client speaks of, spelled as the specification does. */
function fieldNamedIn(text: string): string | undefined {
  return FIELDS.find(({ pattern }) => pattern.test(text))?.spaced;
}
