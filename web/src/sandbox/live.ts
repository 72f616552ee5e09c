/** The socket to the sandbox: says which phone is held, hears what changed, comes back by itself. */
import type { Changes } from './types';

export interface View {
  number: string;
  customer: number | null;
  visible: boolean;
  opened: number[];
}

interface Listener {
  changes: (frame: Changes) => void;
  /** Called after each (re)connection: whatever was missed has to be loaded. */
  connected: () => void;
  disconnected: () => void;
}

const LONGEST_WAIT_MS = 5_000;

export class Live {
  private socket: WebSocket | null = null;
  private view: View | null = null;
  private wait = 250;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(private readonly listener: Listener) {}

  open(): void {
    this.closed = false;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/_control/live`);
    this.socket = socket;
    socket.onopen = () => {
      this.wait = 250;
      this.tell();
      this.listener.connected();
    };
    socket.onmessage = (event: MessageEvent<string>) => this.listener.changes(JSON.parse(event.data) as Changes);
    socket.onclose = () => {
      if (this.socket !== socket || this.closed) return;
      this.listener.disconnected();
      this.timer = setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    };
  }

  /** Tries at once instead of at the end of the pause. */
  retry(): void {
    clearTimeout(this.timer);
    if (this.socket?.readyState !== WebSocket.OPEN) this.open();
  }

  show(view: View): void {
    this.view = view;
    this.tell();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  private tell(): void {
    if (this.view && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: 'view', ...this.view }));
  }
}
