#include <ablatrix/plan/stage.hpp>

#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::plan {

base::Bundle const& StageContext::input(std::string_view role) const
{
    auto const found = inputs_.find(role);
    if (found != inputs_.end()) return *found->second;
    throw ContractError("the stage reads input '" + std::string{role} +
                        "', its task has: " + base::join(roles(), ", "));
}

std::vector<std::string> StageContext::roles() const
{
    std::vector<std::string> out;
    for (auto const& [role, bundle] : inputs_)
        out.push_back(role);
    return out;
}

void StageRegistry::add(StageKind kind)
{
    std::string const name = kind.name;
    if (!kinds_.emplace(name, std::move(kind)).second) throw ContractError("two stages are named '" + name + "'");
}

StageKind const& StageRegistry::at(std::string_view name) const
{
    auto const found = kinds_.find(name);
    if (found != kinds_.end()) return found->second;
    throw ContractError("no stage is named '" + std::string{name} + "'." + base::did_you_mean_hint(name, names()));
}

std::vector<std::string> StageRegistry::names() const
{
    std::vector<std::string> out;
    for (auto const& [name, kind] : kinds_)
        out.push_back(name);
    return out;
}

}  // namespace ablatrix::plan
