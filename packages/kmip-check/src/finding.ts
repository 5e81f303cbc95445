/** How a check can end. `tolerated`: the server differs, and a real vCenter goes on all the same. */
export type Outcome = 'pass' | 'tolerated' | 'fail' | 'not tried';

/** Where on the wire something was found that differs. */
export interface Place {
  /** KMIP message or stage of the connection: `Get Attributes`, `TLS handshake`. */
  readonly message: string;
  /** Field of that message: `Result Reason`, `Key Format Type`. */
  readonly field: string;
}

/** What a check found. */
export interface Finding {
  readonly outcome: Outcome;
  /** One or two sentences: what was found, or why it was not tried. */
  readonly says: string;
  /** Of what differs. */
  readonly place?: Place;
  /** What vCenter does about it. */
  readonly vcenter?: string;
}

/** All is as vCenter wants it. */
export function pass(says: string): Finding {
  return { outcome: 'pass', says };
}

/** It differs, and vCenter goes on. */
export function tolerated(says: string, place: Place, vcenter: string): Finding {
  return { outcome: 'tolerated', says, place, vcenter };
}

/** It was not tried, for the reason given. */
export function notTried(says: string): Finding {
  return { outcome: 'not tried', says };
}
