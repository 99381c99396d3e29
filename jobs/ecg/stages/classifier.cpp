#include "jobs/ecg/stages/classifier.hpp"

#include <cstddef>

#include <ablatrix/base/error.hpp>

namespace ablatrix::ecg {

nn::SoftmaxRegressionOptions read_training_options(plan::Params const& params)
{
    nn::SoftmaxRegressionOptions options;
    options.epochs = params.get_int("epochs");
    options.batch = params.get_int("batch");
    options.learning_rate = params.get<double>("learning_rate");
    options.weight_decay = params.get<double>("weight_decay");
    return options;
}

Rows read_rows(base::Bundle const& bundle, std::string const& name)
{
    auto const& shape = bundle.shape(name);
    ABLATRIX_EXPECT(shape.size() == 2);
    return {bundle.get<float>(name), shape[0], shape[1]};
}

std::int32_t read_classes(base::Bundle const& labels)
{
    return static_cast<std::int32_t>(labels.scalar("classes"));
}

ClassProbabilities read_probabilities(base::Bundle const& bundle)
{
    auto const rows = read_rows(bundle, "probs");
    ClassProbabilities out;
    out.classes = static_cast<std::int32_t>(rows.dim);
    out.values.reserve(rows.values.size());
    for (std::int64_t i = 0; i < rows.count; ++i) {
        double sum = 0;
        for (float const p : rows.row(i))
            sum += double{p};
        for (float const p : rows.row(i))
            out.values.push_back(double{p} / sum);
    }
    return out;
}

}  // namespace ablatrix::ecg
