export function never(): never { throw new Error("never"); }
