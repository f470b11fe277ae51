/** The parts used here of packages that ship no types. */
declare module 'gifenc' {
  export interface Encoder {
    writeHeader(): void;
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: {
        first?: boolean;
        palette?: number[][];
        /** ms; stored in hundredths of a second */
        delay?: number;
        /** 0 for ever, -1 once */
        repeat?: number;
        colorDepth?: number;
        dispose?: number;
        transparent?: boolean;
        transparentIndex?: number;
      },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
    bytesView(): Uint8Array;
  }
  const gifenc: {
    GIFEncoder(options?: { initialCapacity?: number; auto?: boolean }): Encoder;
    quantize(rgba: Uint8Array, maxColors: number, options?: { format?: string }): number[][];
    applyPalette(rgba: Uint8Array, palette: number[][], format?: string): Uint8Array;
  };
  export default gifenc;
}
