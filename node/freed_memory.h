#ifndef TROUPE_NODE_FREED_MEMORY_H_
#define TROUPE_NODE_FREED_MEMORY_H_

namespace troupe::internal {

// Has malloc keep up to 16 MiB of freed memory at the end of each of its arenas, for the whole
// process, instead of 128 KiB. What gRPC reads and what large messages are made of is freed soon
// and needed again: it would go back to the kernel and come again page by page, which can cost more
// than sending it.
//
// Any thread, any number of times. Settings that the program or its environment made (mallopt,
// GLIBC_TUNABLES) stay as they are; other mallocs than glibc's do not notice.
void KeepFreedMemory();

}  // namespace troupe::internal

#endif  // TROUPE_NODE_FREED_MEMORY_H_
