#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::stats {

std::string_view name_of(Status status)
{
    switch (status) {
        case Status::ok:
            return "ok";
        case Status::undefined:
            return "undefined";
        case Status::degenerate:
            return "degenerate";
        case Status::not_reliable:
            return "not_reliable";
        case Status::invalid_input:
            return "invalid_input";
        case Status::not_run:
            return "not_run";
    }
    return "unknown";
}

void add_note(std::string& note, std::string_view code)
{
    if (!note.empty()) note += ", ";
    note += code;
}

}  // namespace ablatrix::stats
