/** One classic BPF instruction, struct sock_filter of linux/filter.h. k is unsigned 32 bit. */
export interface BpfInstruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** A compiled filter. Live programs may use Linux's ancillary loads (SKF_AD_*), file programs never. */
export interface FilterProgram {
  readonly instructions: readonly BpfInstruction[];
  readonly linktype: number;
}
