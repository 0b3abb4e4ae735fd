#ifndef TROUPE_NODE_GRPC_TSAN_H_
#define TROUPE_NODE_GRPC_TSAN_H_

// gRPC hands objects of ours from one thread to another. Debian builds it without ThreadSanitizer,
// which does not see how, and therefore has to be told. Nothing in other builds.

#if defined(__SANITIZE_THREAD__)
#define TROUPE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TROUPE_TSAN 1
#endif
#endif

#ifdef TROUPE_TSAN
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);
extern "C" void AnnotateIgnoreWritesBegin(const char* file, int line);
extern "C" void AnnotateIgnoreWritesEnd(const char* file, int line);
#endif

namespace troupe::internal {

// Before `object` is given to gRPC; returns it.
template <typename T>
T* GivenToGrpc(T* object) {
#ifdef TROUPE_TSAN
  __tsan_release(object);
#endif
  return object;
}

// When it comes back.
template <typename T>
T* TakenFromGrpc(T* object) {
#ifdef TROUPE_TSAN
  __tsan_acquire(object);
#endif
  return object;
}

// The calling thread's accesses are not checked in its scope.
class Unchecked {
 public:
  Unchecked() {
#ifdef TROUPE_TSAN
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
#endif
  }
  ~Unchecked() {
#ifdef TROUPE_TSAN
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
#endif
  }
  Unchecked(const Unchecked&) = delete;
  Unchecked& operator=(const Unchecked&) = delete;
};

}  // namespace troupe::internal

#endif  // TROUPE_NODE_GRPC_TSAN_H_
