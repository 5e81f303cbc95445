import net from 'node:net';

interface Handle {
  readStop(): void;
  readStart(): void;
}

const STOPS_PER_SOCKET = 60;
const STOPPED_AT_MOST_MS = 4;
const RUNNING_AT_MOST_MS = 2;

/**
 * Makes the kernel hand bytes over late: stops and starts the reading of every TCP socket at random, in real time.
 * Returns the end of it. A quiet machine hides wrong orders that this shows (facts/virtual-time.md section 7).
 */
export function delayTheKernel(): () => void {
  const { setNoDelay } = net.Socket.prototype;
  const late = new WeakSet<net.Socket>();
  net.Socket.prototype.setNoDelay = function (this: net.Socket, ...args: [noDelay?: boolean]) {
    if (!late.has(this)) {
      late.add(this);
      if (this.connecting) this.once('connect', () => disturb(this));
      else disturb(this);
    }
    return setNoDelay.apply(this, args);
  };
  return () => {
    net.Socket.prototype.setNoDelay = setNoDelay;
  };
}

function disturb(socket: net.Socket): void {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (!isHandle(handle)) return;
  const alive = () => Reflect.get(socket, '_handle') === handle && !socket.destroyed;
  let left = STOPS_PER_SOCKET;
  const stop = () => {
    if (!alive()) return;
    handle.readStop();
    setTimeout(() => {
      if (!alive()) return;
      handle.readStart();
      if (left-- > 0) setTimeout(stop, Math.random() * RUNNING_AT_MOST_MS);
    }, Math.random() * STOPPED_AT_MOST_MS);
  };
  stop();
}

function isHandle(handle: unknown): handle is Handle {
  return typeof handle === 'object' && handle !== null && 'readStop' in handle && 'readStart' in handle;
}
