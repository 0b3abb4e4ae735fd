#ifndef TROUPE_RUNTIME_INTRUSIVE_PTR_H_
#define TROUPE_RUNTIME_INTRUSIVE_PTR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace troupe {

// Counts the owners of an object inside it. `T` is the class that is deleted by the last one.
template <typename T>
class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  // Relaxed: a new owner is made from an existing one, which keeps the object alive meanwhile.
  void AddRef() const { count_.fetch_add(1, std::memory_order_relaxed); }
  // Acquire-release: what every owner did to the object happens before its destruction.
  void Release() const {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete static_cast<const T*>(this);
  }
  bool HasOneOwner() const { return count_.load(std::memory_order_acquire) == 1; }

 protected:
  ~RefCounted() = default;

 private:
  mutable std::atomic<uint32_t> count_{1};
};

// Owns one count of a T that has AddRef and Release. The raw-pointer constructor adds a count;
// Adopt takes one over.
template <typename T>
class IntrusivePtr {
 public:
  constexpr IntrusivePtr() = default;
  constexpr IntrusivePtr(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)
  explicit IntrusivePtr(T* object) : object_(object) {
    if (object_ != nullptr) object_->AddRef();
  }
  static IntrusivePtr Adopt(T* object) {
    IntrusivePtr result;
    result.object_ = object;
    return result;
  }
  IntrusivePtr(const IntrusivePtr& other) : IntrusivePtr(other.object_) {}
  IntrusivePtr(IntrusivePtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <typename U>
  requires std::is_convertible_v<U*, T*> IntrusivePtr(
      IntrusivePtr<U> other)  // NOLINT(google-explicit-constructor)
      : object_(other.Detach()) {}
  IntrusivePtr& operator=(IntrusivePtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~IntrusivePtr() {
    if (object_ != nullptr) object_->Release();
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  // Gives the count away without releasing it.
  T* Detach() { return std::exchange(object_, nullptr); }

  friend bool operator==(const IntrusivePtr& a, const IntrusivePtr& b) = default;
  friend bool operator==(const IntrusivePtr& a, std::nullptr_t) { return a.object_ == nullptr; }

 private:
  T* object_ = nullptr;
};

}  // namespace troupe

#endif  // TROUPE_RUNTIME_INTRUSIVE_PTR_H_
