/** Counts what went into and came out of each channel of a run. */

/** Traffic of one channel. */
export class Traffic {
  private readonly sent = new Map<number, number>();
  private readonly received = new Map<number, number>();
  private sends = 0;
  private receives = 0;
  /** Selects that chose to receive: which value they got is not in a trace. */
  private unknown = 0;
  private receiving = 0;

  constructor(private readonly capacity: number) {}

  /** A send that is over. */
  send(value: number): void {
    this.sends++;
    add(this.sent, value);
  }

  /** A receive that is over and got a value. */
  receive(value: number): void {
    this.receives++;
    add(this.received, value);
  }

  /** A select that is over and chose to receive: a value, or the end of a closed channel. */
  receiveUnknown(): void {
    this.unknown++;
  }

  /** A send that was under way when the run ended: its value may have been taken. */
  pendingSend(value: number): void {
    add(this.sent, value);
  }

  /** A receive that was under way when the run ended: it may have been handed a value. */
  pendingReceive(): void {
    this.receiving++;
  }

  /** What does not add up, or undefined. */
  fault(): string | undefined {
    for (const [value, count] of this.received) {
      const sent = this.sent.get(value) ?? 0;
      if (count > sent) return `${value} was received ${count} times and sent ${sent} times`;
    }
    const room = this.receives + this.unknown + this.receiving + this.capacity;
    if (this.sends > room) return `${this.sends} values were sent and there was room for ${room}`;
    return undefined;
  }
}

function add(bag: Map<number, number>, value: number): void {
  bag.set(value, (bag.get(value) ?? 0) + 1);
}
