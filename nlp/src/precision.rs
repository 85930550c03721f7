//! The number format in which the model computes.

/// Number format of weights and activations. Half precision (f16) is not among them: it is unusably slow on a CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats: the reference.
    F32,
    /// bfloat16: half the memory, and faster where the CPU multiplies it in hardware. Sums are still kept in 32 bits.
    Bf16,
}

impl Precision {
    /// What suits this machine: bfloat16 where the CPU has instructions for it.
    pub fn of_this_machine() -> Self {
        if multiplies_bf16() { Self::Bf16 } else { Self::F32 }
    }

    /// As it is written in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn multiplies_bf16() -> bool {
    std::arch::is_x86_feature_detected!("avx512bf16")
}

#[cfg(not(target_arch = "x86_64"))]
fn multiplies_bf16() -> bool {
    false
}
