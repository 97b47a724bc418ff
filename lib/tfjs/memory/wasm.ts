import { DataStorage, type Tensor, tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { BackendMemory } from './memory.js';

interface Data {
  readonly id: number;
  readonly memoryOffset: number;
  readonly refCount: number;
}

interface Wasm {
  /** All memory; another array whenever it has grown. */
  readonly HEAPU8: Uint8Array;
  readonly tfjs: {
    registerTensor(id: number, size: number, memoryOffset: number): void;
    disposeData(id: number): void;
  };
}

type Storage = Pick<DataStorage<Data>, 'get'>;

/** The backend `wasm`: its numbers lie in the memory of a WebAssembly module, which grows, and moves when it does. */
export class WasmMemory implements BackendMemory {
  readonly #data: Storage;
  readonly #wasm: Wasm;
  readonly #views = new WeakMap<Variable, Float32Array>();

  constructor(data: Storage, wasm: Wasm) {
    this.#data = data;
    this.#wasm = wasm;
  }

  /** Undefined for any other backend. */
  static of(backend: object): WasmMemory | undefined {
    const { dataIdMap, wasm } = backend as { dataIdMap?: unknown; wasm?: Partial<Wasm> };
    if (!(dataIdMap instanceof DataStorage)) return undefined;
    const { HEAPU8, tfjs } = wasm ?? {};
    if (!HEAPU8 || !tfjs?.registerTensor || !tfjs.disposeData) return undefined;
    return new WasmMemory(dataIdMap, wasm as Wasm);
  }

  own(variable: Variable) {
    if (this.#data.get(variable.dataId).refCount === 1) return;
    // On this backend dataSync() copies.
    tidy(() => variable.assign(tensor(variable.dataSync(), variable.shape)));
  }

  parameter(variable: Variable): Float32Array {
    const { memoryOffset } = this.#data.get(variable.dataId);
    const { buffer } = this.#wasm.HEAPU8;
    const view = this.#views.get(variable);
    // A view of memory that has grown is detached, or is of another buffer, shared by threads.
    if (view?.buffer === buffer && view.byteOffset === memoryOffset) return view;
    const moved = new Float32Array(buffer, memoryOffset, variable.size);
    this.#views.set(variable, moved);
    return moved;
  }

  gradient({ dataId, size }: Tensor): Float32Array {
    const { memoryOffset } = this.#data.get(dataId);
    return new Float32Array(this.#wasm.HEAPU8.buffer, memoryOffset, size);
  }

  /** XNNPACK keeps weights in an order of its own as long as their tensor is registered: without this it uses old ones. */
  written({ dataId, size }: Variable) {
    const { id, memoryOffset } = this.#data.get(dataId);
    this.#wasm.tfjs.disposeData(id);
    this.#wasm.tfjs.registerTensor(id, size, memoryOffset);
  }
}
