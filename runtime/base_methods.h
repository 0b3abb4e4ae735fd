#ifndef TROUPE_RUNTIME_BASE_METHODS_H_
#define TROUPE_RUNTIME_BASE_METHODS_H_

#include "runtime/class_info.h"

namespace troupe::internal {

// Adds to a class's methods and services those of its bases. What the class exports itself stands
// before what a base does, and what an interface exports before what those do that it extends. Two
// methods of one name from interfaces that are nothing to each other become one that refuses all
// calls (AmbiguousMethodError): here a reference says which it means, but what comes by name, or
// from another node, says only the name.
void AddMethodsOfBases(ClassInfo& info);

}  // namespace troupe::internal

#endif  // TROUPE_RUNTIME_BASE_METHODS_H_
