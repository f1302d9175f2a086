import legacy = require("./legacy.cjs");

export interface State { step?: number }

export abstract class Store<T extends State> {
  protected readonly listeners: Array<(state: T) => void> = [];
  constructor(public readonly state: T) {}
  subscribe(listener: (state: T) => void): this { this.listeners.push(listener); return this; }
  protected async changed(): Promise<void> {
    for (const listener of this.listeners) listener(this.state);
    legacy.log("changed", { at: 1_000_000n, ...this.state });
  }
}
