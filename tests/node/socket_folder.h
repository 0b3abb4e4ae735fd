#ifndef TROUPE_TESTS_NODE_SOCKET_FOLDER_H_
#define TROUPE_TESTS_NODE_SOCKET_FOLDER_H_

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "glog/logging.h"

namespace troupe {
namespace testing {

// A folder for this process's sockets, which goes with it. Not the test's own: the path of a socket
// has at most 107 bytes. Not named by the process's number: in sandboxes several may have the same.
inline std::string SocketFolder() {
  struct Folder {
    Folder() { PCHECK(mkdtemp(name) != nullptr); }
    ~Folder() { std::filesystem::remove_all(name); }
    char name[25] = "/tmp/troupe-test-XXXXXX";  // mkdtemp makes the end unique
  };
  static Folder folder;
  return folder.name;
}

}  // namespace testing
}  // namespace troupe

#endif  // TROUPE_TESTS_NODE_SOCKET_FOLDER_H_
