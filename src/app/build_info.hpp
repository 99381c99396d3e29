#pragma once

#include <map>
#include <string>

namespace ablatrix::app {

std::string version();
/// Commit, compiler, build type and library versions, as "key: value" lines.
std::string build_info_text();
/// The same as facts for the result file: "version", "commit", "compiler", "build_type".
std::map<std::string, std::string> build_facts();

}  // namespace ablatrix::app
