import net from 'node:net';
import type tls from 'node:tls';
import type { WorldClock } from '../../clock.js';
import { type Channel, type ConnectOptions, NetworkError, type PeerCertificate } from '../../network.js';
import type { Guest } from '../../wire/admission.js';
import type { DialSlots } from './dial-slots.js';
import { agreedIn, beginHandshake, judgePeer } from './handshake.js';
import { dialError } from './socket-error.js';

/** What one connect call needs, and how it differs for peers inside and outside. */
export interface DialPlan {
  readonly clock: WorldClock;
  readonly slots: DialSlots;
  readonly seq: number;
  readonly host: string;
  readonly port: number;
  readonly secureContext: tls.SecureContext;
  /** Named to the server in the handshake, or null. */
  readonly serverName: string | null;
  readonly options: ConnectOptions;
  readonly end: Guest;
  /** Takes the socket as soon as there is one. */
  readonly onSocket: (raw: net.Socket) => void;
  /** The socket is connected; calls `start` when the handshake may begin. */
  readonly onConnected: (raw: net.Socket, start: () => void) => void;
  /** Takes the socket above TLS, before the handshake is done. */
  readonly onSecure: (socket: tls.TLSSocket) => void;
}

/**
 * One connect call, from the queue for a slot to the judged channel. Only the dial holds the clock: from the accept on,
 * bytes under way do, so that a peer that never shakes hands costs virtual time only.
 */
export function dial(plan: DialPlan): Promise<Channel> {
  const { clock, options, end, seq } = plan;
  return new Promise((resolve, reject) => {
    let answered = false;
    let hasSlot = false;
    const freeClock = clock.hold(`dial ${plan.host}:${plan.port}`);

    const endDial = () => {
      freeClock();
      if (hasSlot) plan.slots.release();
      hasSlot = false;
    };
    const answer = (run: () => void) => {
      if (answered) return;
      answered = true;
      options.signal?.removeEventListener('abort', giveUp);
      endDial();
      clock.deliver(seq + 1, run);
    };
    const fail = (error: unknown) => answer(() => reject(error));
    let reason = 'the other side ended it';
    const noteReason = (error: Error) => {
      reason = 'code' in error ? String(error.code) : error.message;
    };
    const notDone = () => fail(new NetworkError('TLS_FAILED', `the TLS handshake did not finish: ${reason}`));
    const giveUp = () => {
      void end.abort();
      fail(new NetworkError('ABORTED', 'the connection attempt was canceled'));
    };
    const shakeHands = (raw: net.Socket) => {
      if (answered) return;
      endDial();
      const socket = beginHandshake(raw, plan.secureContext, plan.serverName);
      plan.onSecure(socket);
      socket.once('error', noteReason).once('close', notDone);
      socket.once('secureConnect', () => {
        judge(clock, socket, options).then(
          (peer) =>
            answer(() => {
              end.accept(peer, agreedIn(socket));
              resolve(end);
            }),
          (error) =>
            answer(() => {
              void end.close();
              reject(error);
            }),
        );
      });
    };

    options.signal?.addEventListener('abort', giveUp, { once: true });
    if (options.signal?.aborted) return giveUp();
    plan.slots.take(() => {
      hasSlot = true;
      if (answered) return endDial();
      const raw = net.connect({ host: plan.host, port: plan.port, noDelay: true });
      plan.onSocket(raw);
      const notConnected = (error: Error) => fail(dialError(error, plan.host, plan.port));
      raw.once('error', notConnected).once('close', notDone);
      raw.once('connect', () => {
        raw.removeListener('error', notConnected).once('error', noteReason);
        plan.onConnected(raw, () => shakeHands(raw));
      });
    });
  });
}

// Certificate checks run in threads, and nothing may be handed up before they are done.
async function judge(clock: WorldClock, socket: tls.TLSSocket, options: ConnectOptions): Promise<PeerCertificate> {
  const release = clock.hold('judge peer');
  try {
    return await judgePeer(socket, options.judge);
  } finally {
    release();
  }
}
