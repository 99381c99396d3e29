#include "jobs/ecg/canonical_string.hpp"

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::ecg {
namespace {

std::string with_label(ExplanationParts const& parts)
{
    std::vector<std::string> present;
    if (!parts.label.empty()) present.push_back(parts.label);
    if (!parts.evidence.empty()) present.push_back(base::join(parts.evidence, ", "));
    if (!parts.rationale.empty()) present.push_back(parts.rationale);
    return present.empty() ? "UNKNOWN" : base::join(present, " ");
}

}  // namespace

Canonical parse_canonical(std::string_view name)
{
    if (name == "K1") return Canonical::k1;
    if (name == "K2") return Canonical::k2;
    if (name == "K3") return Canonical::k3;
    if (name == "K4") return Canonical::k4;
    if (name == "K5") return Canonical::k5;
    throw ContractError("no canonical string is called '" + std::string{name} + "'");
}

std::string canonical_string(Canonical form, ExplanationParts const& parts)
{
    auto const evidence = base::join(parts.evidence, "; ");
    auto const headed = "Evidence: " + evidence + " | Rationale: " + parts.rationale;
    switch (form) {
        case Canonical::k1:
            return parts.counterfactual.empty() ? headed : headed + " | Counterfactual: " + parts.counterfactual;
        case Canonical::k2:
            return headed;
        case Canonical::k3:
            return evidence + ". " + parts.rationale;
        case Canonical::k4:
            return with_label(parts);
        case Canonical::k5:
            return parts.rationale.empty() ? "unknown" : parts.rationale;
    }
    throw ContractError("unknown canonical form");
}

}  // namespace ablatrix::ecg
