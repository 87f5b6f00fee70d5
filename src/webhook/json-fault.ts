/**
 * Where a text stops being JSON: the offset, in UTF-16 code units, of the first one that no JSON text could have
 * there, or the length of a text that ends too early; undefined for JSON. V8's own message names no position for many
 * faults and quotes the input for others, so this runs (only) after `JSON.parse` has refused a text.
 */
export function jsonFault(text: string): number | undefined {
  const reader = new Reader(text);
  return reader.document() ? undefined : reader.at;
}

const simpleEscapes = '"\\/bfnrt';

/** One pass over one text; nesting is a list of brackets, so depth costs no stack. */
class Reader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  document(): boolean {
    const open: ('}' | ']')[] = [];
    for (;;) {
      // Here a value must come.
      this.#space();
      const start = this.#peek();
      if (start === '{' || start === '[') {
        this.at += 1;
        this.#space();
        const closing = start === '{' ? '}' : ']';
        if (this.#peek() !== closing) {
          open.push(closing);
          if (closing === '}' && !this.#name()) return false;
          continue;
        }
        this.at += 1;
      } else if (!this.#scalar()) return false;

      // Here a value has ended: so may lists and objects around it.
      for (;;) {
        this.#space();
        const closing = open.at(-1);
        if (closing === undefined) return this.at === this.#text.length;
        if (this.#peek() === ',') {
          this.at += 1;
          if (closing === '}' && !this.#name()) return false;
          break;
        }
        if (this.#peek() !== closing) return false;
        this.at += 1;
        open.pop();
      }
    }
  }

  #peek(): string {
    return this.#text.charAt(this.at);
  }

  #space(): void {
    while (this.at < this.#text.length && ' \t\n\r'.includes(this.#peek())) this.at += 1;
  }

  #name(): boolean {
    this.#space();
    if (!this.#string()) return false;
    this.#space();
    return this.#take(':');
  }

  #scalar(): boolean {
    switch (this.#peek()) {
      case '"':
        return this.#string();
      case 't':
        return this.#take('true');
      case 'f':
        return this.#take('false');
      case 'n':
        return this.#take('null');
      default:
        return this.#number();
    }
  }

  #take(word: string): boolean {
    for (const letter of word) {
      if (this.#peek() !== letter) return false;
      this.at += 1;
    }
    return true;
  }

  #string(): boolean {
    if (!this.#take('"')) return false;
    for (; this.at < this.#text.length; this.at += 1) {
      const letter = this.#peek();
      if (letter === '"') {
        this.at += 1;
        return true;
      }
      if (letter < ' ') return false;
      if (letter === '\\' && !this.#escape()) return false;
    }
    return false;
  }

  /** Leaves `at` on the last letter of the escape. */
  #escape(): boolean {
    this.at += 1;
    const letter = this.#peek();
    if (letter !== 'u') return letter !== '' && simpleEscapes.includes(letter);
    for (let digits = 0; digits < 4; digits += 1) {
      this.at += 1;
      if (!/^[0-9a-fA-F]$/.test(this.#peek())) return false;
    }
    return true;
  }

  #number(): boolean {
    if (this.#peek() === '-') this.at += 1;
    if (this.#peek() === '0') this.at += 1;
    else if (!this.#digits()) return false;
    if (this.#peek() === '.') {
      this.at += 1;
      if (!this.#digits()) return false;
    }
    if (this.#peek() === 'e' || this.#peek() === 'E') {
      this.at += 1;
      if (this.#peek() === '+' || this.#peek() === '-') this.at += 1;
      if (!this.#digits()) return false;
    }
    return true;
  }

  #digits(): boolean {
    const from = this.at;
    while (this.#peek() >= '0' && this.#peek() <= '9') this.at += 1;
    return this.at > from;
  }
}
