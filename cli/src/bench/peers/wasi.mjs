// Runs a module of WASI with node's own implementation: node wasi.mjs run MODULE [ARGS...]; or only compiles it: check MODULE.
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const [mode, file, ...args] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(file));
if (mode === 'run') {
  const isOld = WebAssembly.Module.imports(module).some(({ module: name }) => name === 'wasi_unstable');
  const wasi = new WASI({ version: isOld ? 'unstable' : 'preview1', args: [file, ...args], env: {}, returnOnExit: true });
  const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
  process.exitCode = wasi.start(instance);
}
