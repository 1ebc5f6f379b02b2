/** What the core asks of a debugger that looks on. */

/** For the core itself: while there is one, it runs a slower loop, with the same results. */
export interface Watch {
  /** By code address: not 0 where `meets` is asked before the instruction there. The core must forget its loops after a change. */
  readonly marks: Uint8Array;
  /** `meets` is asked before every instruction. */
  readonly closely: boolean;
  /** By code address: cycles spent there; a delay loop that is skipped counts at its head. Undefined: nobody profiles. */
  readonly spent: Float64Array | undefined;
  /** True: the core leaves `run` with this instruction not yet executed. */
  meets(): boolean;
}

/** For the core on the lab's time. */
export interface Overseer {
  /** The core has met what it was watched for: it shall stand still. */
  readonly met: boolean;
  /** It stands still from now on. */
  stood(): void;
  /** Reset, power or a snapshot ended whatever was going on. */
  restarted(): void;
}
