import { h, render } from "./view";
import { Store, type State } from "./store";
import translations from "./translations.json";
import * as unused from "./unused";

enum Level { Low = 1, High = Low << 3 }
const enum Inline { Answer = 42 }

declare const DEBUG: boolean;

class Counter<T extends State> extends Store<T> {
  #clicks = 0;
  static readonly limit = Level.High;
  constructor(private readonly label: string, initial: T) { super(initial); }
  get text(): string { return `${this.label}: ${this.#clicks} of ${Counter.limit}`; }
  async click(): Promise<void> {
    if (DEBUG) console.log("debugging");
    this.#clicks ??= 0;
    this.#clicks += this.state?.step ?? Inline.Answer;
    await this.changed();
  }
}

const counter = new Counter(translations.clicks, { step: 3 });
for await (const _ of [1, 2, 3]) await counter.click();
console.log(render(<main id="app" {...{ hidden: false }}><p>{counter.text}</p><br/></main>));
if (import.meta.url && DEBUG) unused.never();
