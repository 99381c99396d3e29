#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ablatrix::nn {

/// Multinomial logistic regression trained by mini-batch AdamW, after the recipe of ecg.md 2.1 (linear warm-up over the
/// first tenth of the steps, then linear decay to 0; decoupled weight decay not on biases; gradient norm clipped at 1).
struct SoftmaxRegressionOptions
{
    int epochs = 10;
    int batch = 64;
    double learning_rate = 0.05;
    double weight_decay = 0.01;
    double gradient_clip = 1.0;
    double warmup_fraction = 0.1;
};

struct SoftmaxModel
{
    std::int64_t dim = 0;
    std::int32_t classes = 0;
    std::vector<float> weight;  ///< row-major [classes x dim]
    std::vector<float> bias;    ///< [classes]
};

/// What training showed of each training row (n rows, E epochs).
struct TrainingDynamics
{
    SoftmaxModel model;
    std::vector<float> loss;          ///< [E x n] cross-entropy, evaluated after each epoch
    std::vector<float> train_margin;  ///< [E x n] logit margin seen by the training forward passes (AUM's input)
    std::vector<float> eval_margin;   ///< [E x n] logit margin evaluated after each epoch
    double final_loss = 0;            ///< mean over rows
};

/// Seeds of the independent streams: (seed, "head_init", fold) and (seed, "batch_order", fold * 2^32 + epoch).
struct TrainingSeed
{
    std::int64_t seed = 0;
    std::uint64_t fold = 0;
};

/// \p features row-major [n x dim], \p labels in [0, classes), \p weights empty or one non-negative weight per row
/// (loss sum(w l)/sum(w) per batch; a batch of weight 0 changes nothing). Runs on the calling thread alone; several may
/// train at once. Bit-identical on one machine type. Without \p record_dynamics the [E x n] vectors stay empty.
/// \throws Error without rows, with one class, for a label or weight out of range, and when the loss ends up not finite
TrainingDynamics train_softmax_regression(std::span<float const> features, std::int64_t dim, std::span<std::int32_t const> labels,
                                          std::int32_t classes, std::span<float const> weights,
                                          SoftmaxRegressionOptions const& options, TrainingSeed seed, bool record_dynamics);

/// Logits, row-major [n x classes].
std::vector<float> logits(SoftmaxModel const& model, std::span<float const> features);
/// Softmax probabilities, row-major [n x classes]; each row sums to 1.
std::vector<float> probabilities(SoftmaxModel const& model, std::span<float const> features);

/// What libtorch this is and what it runs on, for doctor and the result file.
struct TorchReport
{
    std::string version;
    bool cuda = false;
    int threads = 0;            ///< that libtorch would use on the calling thread
    std::string blas_library;   ///< path of the library that provides sgemm in this process, or "MKL inside libtorch"
    double gemm_gflops = 0;     ///< measured: [1024 x 384] x [384 x 1536], best of a few
};
TorchReport torch_report(bool measure);

}  // namespace ablatrix::nn
