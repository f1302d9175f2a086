// What a C++ compiler calls to throw and catch on WebAssembly, as the Itanium C++ ABI describes it, for one thread. The library that
// comes with the compiler lacks this part; types, their matching and std::terminate are the library's.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <typeinfo>

namespace __cxxabiv1 {

// The library's base of all type_info: whether a handler for this type takes an exception of another, whose address it adjusts.
class __shim_type_info : public std::type_info {
 public:
  virtual ~__shim_type_info();
  virtual void noop1() const;
  virtual void noop2() const;
  virtual bool can_catch(const __shim_type_info* thrown, void*& object) const = 0;
};

}  // namespace __cxxabiv1

using __cxxabiv1::__shim_type_info;

// On this target destructors return their object.
typedef void* (*Destructor)(void*);

// Stands before each exception object.
struct alignas(16) Header {
  const std::type_info* type;
  Destructor destructor;
  Header* next_caught;
  void* adjusted;  // the object as the handler's type
  int handlers;    // that are active; negative while it is thrown again
  int references;  // to the object: one as long as it is thrown or handled, and one for each std::exception_ptr
};

// Shared with generated code, by this name and layout.
struct LandingPadContext {
  uintptr_t index;
  const uint8_t* table;
  uintptr_t selector;
};
extern "C" LandingPadContext __wasm_lpad_context;
LandingPadContext __wasm_lpad_context;

// The tag of all C++ exceptions; what they carry is the object's address.
asm(".tagtype __cpp_exception i32\n.globl __cpp_exception\n__cpp_exception:\n");

static Header* caught;
static unsigned uncaught;

static Header* header_of(void* object) { return static_cast<Header*>(object) - 1; }

static uint64_t uleb(const uint8_t*& at) {
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    uint8_t byte = *at++;
    value |= uint64_t(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return value;
  }
}

static int64_t sleb(const uint8_t*& at) {
  int64_t value = 0;
  unsigned shift = 0;
  uint8_t byte;
  do {
    byte = *at++;
    value |= int64_t(byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80);
  return byte & 0x40 ? value | -(int64_t(1) << shift) : value;
}

// The number of the first type of a landing pad's list that takes the exception; 0 for a cleanup.
static uintptr_t select(const uint8_t* at, uintptr_t pad, Header* header) {
  const uint8_t omitted = 0xff;
  if (*at++ != omitted) abort();
  const uint8_t* types = nullptr;
  if (*at++ != omitted) {
    uint64_t distance = uleb(at);
    types = at + distance;
  }
  at++;
  const uint8_t* actions = uleb(at) + at;
  uint64_t action = 0;
  for (uintptr_t index = 0; index <= pad; index++) {
    uleb(at);
    action = uleb(at);
  }
  if (action == 0) return 0;
  for (const uint8_t* record = actions + action - 1;;) {
    int64_t filter = sleb(record);
    if (filter <= 0) return 0;
    auto type = reinterpret_cast<const __shim_type_info* const*>(types)[-filter];
    void* object = header + 1;
    if (type == nullptr || type->can_catch(static_cast<const __shim_type_info*>(header->type), object)) {
      header->adjusted = object;
      return uintptr_t(filter);
    }
    const uint8_t* from = record;
    int64_t next = sleb(record);
    if (next == 0) return 0;
    record = from + next;
  }
}

extern "C" {

int _Unwind_CallPersonality(void* thrown) {
  LandingPadContext& context = __wasm_lpad_context;
  context.selector = 0;
  if (context.table) context.selector = select(context.table, context.index, header_of(thrown));
  return 0;
}

int __gxx_wasm_personality_v0(int) { return 0; }

void* __cxa_allocate_exception(size_t size) throw() {
  void* place = aligned_alloc(alignof(Header), (sizeof(Header) + size + alignof(Header) - 1) / alignof(Header) * alignof(Header));
  if (place == nullptr) std::terminate();
  return new (place) Header{} + 1;
}

void __cxa_free_exception(void* object) throw() { free(header_of(object)); }

[[noreturn]] void __cxa_throw(void* object, std::type_info* type, Destructor destructor) {
  Header* header = header_of(object);
  header->type = type;
  header->destructor = destructor;
  header->adjusted = object;
  header->references = 1;
  uncaught++;
  __builtin_wasm_throw(0, object);
}

void __cxa_increment_exception_refcount(void* object) throw() {
  if (object) header_of(object)->references++;
}

void __cxa_decrement_exception_refcount(void* object) throw() {
  if (object == nullptr || --header_of(object)->references) return;
  Header* header = header_of(object);
  if (header->destructor) header->destructor(object);
  __cxa_free_exception(object);
}

void* __cxa_current_primary_exception() throw() {
  if (caught == nullptr) return nullptr;
  __cxa_increment_exception_refcount(caught + 1);
  return caught + 1;
}

// std::rethrow_exception, which the program does not call.
void __cxa_rethrow_primary_exception(void*) { std::terminate(); }

void* __cxa_get_exception_ptr(void* thrown) throw() { return header_of(thrown)->adjusted; }

void* __cxa_begin_catch(void* thrown) throw() {
  Header* header = header_of(thrown);
  header->handlers = (header->handlers < 0 ? -header->handlers : header->handlers) + 1;
  if (header != caught) {
    header->next_caught = caught;
    caught = header;
  }
  uncaught--;
  return header->adjusted;
}

void __cxa_end_catch() {
  Header* header = caught;
  if (header == nullptr) return;
  bool again = header->handlers < 0;
  header->handlers += again ? 1 : -1;
  if (header->handlers != 0) return;
  caught = header->next_caught;
  if (again) return;
  __cxa_decrement_exception_refcount(header + 1);
}

[[noreturn]] void __cxa_rethrow() {
  Header* header = caught;
  if (header == nullptr) std::terminate();
  header->handlers = -header->handlers;
  uncaught++;
  __builtin_wasm_throw(0, header + 1);
}

std::type_info* __cxa_current_exception_type() { return caught ? const_cast<std::type_info*>(caught->type) : nullptr; }
unsigned __cxa_uncaught_exceptions() throw() { return uncaught; }
bool __cxa_uncaught_exception() throw() { return uncaught != 0; }

}  // extern "C"
