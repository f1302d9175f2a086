//! References, as slots hold them and as scripts and replies tell them.

use crate::protocol::referent;
use abi::heap::{
    HOST_MASK, HOST_SHIFT, HOST_TAG, I31_SHIFT, I31_TAG, OBJECT_ARRAY, OBJECT_EXCEPTION, OBJECT_STRUCT, TYPE_SHIFT,
};
use abi::layout::value;
use runtime::program;

/// Whether values of a type are references.
pub fn is_reference(ty: u8) -> bool {
    ty >= value::FUNCREF
}

/// The slot for a reference of a script: null, a number of 31 bits, or a value of the host. `None` when the script asks for
/// anything else.
pub fn from_script(ty: u8, [referent, number]: [u64; 2]) -> Option<[u64; 2]> {
    match referent {
        referent::NULL => Some([0, 0]),
        referent::I31 if ty != value::FUNCREF && number <= u64::from(u32::MAX >> I31_SHIFT) => {
            Some([number << I31_SHIFT | u64::from(I31_TAG), 0])
        }
        referent::HOST if ty != value::FUNCREF && number <= u64::from(u32::MAX >> HOST_SHIFT) => {
            Some([number << HOST_SHIFT | u64::from(HOST_TAG), 0])
        }
        _ => None,
    }
}

/// What the reference in a slot refers to, and its number.
pub fn to_reply(ty: u8, slot: u64) -> [u64; 2] {
    if ty == value::FUNCREF {
        return [if slot == 0 { referent::NULL } else { referent::FUNCTION }, 0];
    }
    let reference = slot as u32;
    if reference == 0 {
        [referent::NULL, 0]
    } else if reference & I31_TAG != 0 {
        [referent::I31, u64::from(reference >> I31_SHIFT)]
    } else if reference & HOST_MASK == HOST_TAG {
        [referent::HOST, u64::from(reference >> HOST_SHIFT)]
    } else {
        [object(reference), 0]
    }
}

/// What kind of object there is at this offset of the heap.
fn object(offset: u32) -> u64 {
    // SAFETY: the compiler emits null or its heap, and no guest code runs that would change it.
    let Some(heap) = (unsafe { program::program().heap.as_ref() }) else { return referent::UNKNOWN };
    // SAFETY: an object that generated code hands over lies in the heap and begins with its header.
    let header = unsafe { heap.base.add(offset as usize).cast::<u32>().read() };
    let number = u64::from(header >> TYPE_SHIFT);
    if number >= heap.type_count {
        return referent::UNKNOWN;
    }
    // SAFETY: the compiler emits this many types.
    match unsafe { (*heap.types.add(number as usize)).kind } {
        OBJECT_STRUCT => referent::STRUCT,
        OBJECT_ARRAY => referent::ARRAY,
        OBJECT_EXCEPTION => referent::EXCEPTION,
        _ => referent::UNKNOWN,
    }
}
