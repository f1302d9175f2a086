export type Node = string | { tag: string; props: Record<string, unknown>; children: Node[] };

export function h(tag: string, props: Record<string, unknown> | null, ...children: Node[]): Node {
  return { tag, props: props ?? {}, children };
}

export function render(node: Node): string {
  if (typeof node === "string") return node.replace(/[<&]/g, (c) => (c === "<" ? "&lt;" : "&amp;"));
  const { tag, props, children } = node;
  const attributes = Object.entries(props).filter(([, value]) => value !== false).map(([name, value]) => ` ${name}="${value}"`);
  return `<${tag}${attributes.join("")}>${children.map(render).join("")}</${tag}>`;
}

export function neverCalled(): void { console.log("tree shaking failed"); }
