#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ablatrix::ecg {

/// How an explanation becomes one string to embed (ecg.md 4.1). Only K4 names the explainer's label: a variant that was
/// published and leaks it.
enum class Canonical
{
    k1,
    k2,
    k3,
    k4,
    k5
};

/// "K1" .. "K5". \throws ContractError
Canonical parse_canonical(std::string_view name);

struct ExplanationParts
{
    std::string label;  ///< "" = unknown
    std::vector<std::string> evidence;
    std::string rationale;
    std::string counterfactual;
};

std::string canonical_string(Canonical form, ExplanationParts const& parts);

}  // namespace ablatrix::ecg
