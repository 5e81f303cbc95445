import { decodeTtlv, encodeTtlv, type Item, KMIP_1_1, Tag } from '@vcryptsim/kmip-lite';
import { defaultLimits } from '../../src/limits.js';
import { type RequestHeader, type RequestItem, requestTree } from '../../src/message/request-message.js';
import { type ResponseMessage, readResponse } from '../../src/message/response-message.js';
import { operationCodec, type RequestOf, type SpokenOperation } from '../../src/operations/operation-codecs.js';
import { Operation } from '../../src/spec/enumerations.generated.js';
import { FrameReader } from '../../src/ttlv/frame-reader.js';
import type { TestChannel } from './channel-pair.js';

/** A request item of an operation, with an id of its own if one is given. */
export function itemOf<Name extends SpokenOperation>(name: Name, payload: RequestOf<Name>, id?: number): RequestItem {
  return {
    operation: Operation[name],
    uniqueBatchItemId: id === undefined ? undefined : Uint8Array.of(id),
    payload: operationCodec(name).request.encode(payload),
  };
}

/** Bytes of a request. */
export function requestOf(items: readonly RequestItem[], header: Partial<RequestHeader> = {}): Uint8Array {
  return encodeTtlv(requestTree({ header: { version: KMIP_1_1, ...header }, items }));
}

/** Speaks to a server in whole messages or in any bytes. */
export class RawPeer {
  readonly #frames: FrameReader;

  constructor(readonly channel: TestChannel) {
    this.#frames = new FrameReader(channel, Tag.ResponseMessage, defaultLimits);
  }

  /** The next answer, or null when the server ended the connection instead. */
  async answer(): Promise<ResponseMessage | null> {
    const tree = await this.answerTree();
    return tree === null ? null : readResponse(tree);
  }

  async answerTree(): Promise<Item | null> {
    try {
      if (!(await this.#frames.started())) return null;
      return decodeTtlv(await this.#frames.next());
    } catch (error) {
      if ((error as { code?: string }).code === 'RESET') return null;
      throw error;
    }
  }

  async ask(bytes: Uint8Array): Promise<ResponseMessage | null> {
    await this.channel.write(bytes);
    return this.answer();
  }
}
