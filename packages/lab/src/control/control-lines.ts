import { z } from 'zod';
import type { TimelineEntry } from '../taps/timeline.js';

/*
 * What is spoken over a lab's `control.sock`: lines of JSON in UTF-8, each ended by a newline. The client sends one
 * request; the lab sends notes as they come, then one last line, and ends the connection.
 *
 *   request   {"ask":"do","order":"vm.create payroll","as":"alice"}      "as" may be missing: the administrator
 *             {"ask":"status"}  {"ask":"words"}  {"ask":"log","follow":true}  {"ask":"down"}
 *   note      {"queued":2}                      so many are before this one; it will be done
 *             {"entry":{...}}                   of the log
 *   last      {"answer":{...}}
 *             {"refusal":{"code":"BAD_REQUEST","message":"..."}}
 *
 * Who may open the socket (mode 0600, in a folder of mode 0700) may do all of it. No line holds key bytes.
 */

/** No request is longer; an order is a line that a person typed. */
export const REQUEST_BYTES_MAX = 64 * 1024;
/** The status of ten thousand VMs fits. */
export const REPLY_BYTES_MAX = 64 * 1024 * 1024;

const requestSchema = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('do'), order: z.string(), as: z.string().optional() }),
  z.strictObject({ ask: z.literal('status') }),
  z.strictObject({ ask: z.literal('words') }),
  z.strictObject({ ask: z.literal('log'), follow: z.boolean().optional() }),
  z.strictObject({ ask: z.literal('down') }),
]);

/** What a client may ask a lab. */
export type ControlRequest = z.output<typeof requestSchema>;

/** A request as it came over the socket, or null for what is none. */
export function parseControlRequest(line: string): ControlRequest | null {
  try {
    const parsed = requestSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** What a person, or a program in a person's place, wants done in a lab. */
export interface LabOrder {
  /** `vm.create payroll`, or the same as a YAML map. */
  readonly text: string;
  /** Who asks; null for the administrator. */
  readonly as: string | null;
}

/**
 * What came of an order. `done`; `refused` by the product, or an expectation that was not met; `not understood`, and
 * nothing was tried; `not possible` on this machine or in this lab.
 */
export type OrderOutcome = 'done' | 'refused' | 'not understood' | 'not possible';

/** The answer to an order. */
export interface OrderAnswer {
  readonly outcome: OrderOutcome;
  /** Code of the refusal, or null. */
  readonly fault: string | null;
  /** Key of the product's message, where the refusal has one. */
  readonly messageKey: string | null;
  /** Privilege that was missing, where that was the reason. */
  readonly privilege: string | null;
  /** What the order was about, by name. */
  readonly object: string | null;
  /** Sentences for a person, one a line. */
  readonly text: string;
}

/** The words that orders are made of, for those who complete them. */
export interface LabWords {
  readonly verbs: readonly {
    readonly verb: string;
    readonly about: string;
    readonly example: string;
    readonly fields: readonly string[];
  }[];
  /** Names of the lab: VMs, hosts, key servers. */
  readonly names: readonly string[];
}

/** One line of a lab's reply. */
export type ControlReply =
  | { readonly queued: number }
  | { readonly entry: TimelineEntry }
  | { readonly answer: unknown }
  | { readonly refusal: { readonly code: string; readonly message: string } };
