# Each dependency is found once and wrapped in an interface target ablatrix_dep_<name>, linked PRIVATE by its module.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(ablatrix_dependency name)
    add_library(ablatrix_dep_${name} INTERFACE)
    target_link_libraries(ablatrix_dep_${name} INTERFACE ${ARGN})
endfunction()

find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(Eigen3 3.3 REQUIRED)
find_package(MPI REQUIRED COMPONENTS C)
find_package(OpenMP REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(icu REQUIRED IMPORTED_TARGET icu-uc icu-i18n)
find_path(RANDOM123_INCLUDE Random123/philox.h REQUIRED)
find_path(FAISS_INCLUDE faiss/IndexFlat.h REQUIRED)
find_library(FAISS_LIBRARY faiss REQUIRED)

# Only the parallel HDF5 will do: a result file is written by every rank.
pkg_check_modules(hdf5 IMPORTED_TARGET hdf5-openmpi)
if(NOT hdf5_FOUND)
    pkg_check_modules(hdf5 IMPORTED_TARGET hdf5-mpich)
endif()
if(NOT hdf5_FOUND)
    message(FATAL_ERROR "No parallel HDF5 found (a serial one does not serve). On Debian: apt-get install libhdf5-openmpi-dev")
endif()

include(ablatrix_torch)

# Debian resolves BLAS through the alternatives system; its default OpenBLAS (pthread) fights libtorch's OpenMP threads
# (85-105 GFLOP/s against 225-253 here). A DT_RPATH to the openmp variant picks the good pair without changing the system.
find_path(ABLATRIX_OPENBLAS_OPENMP libblas.so.3
          PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp NO_DEFAULT_PATH)
if(ABLATRIX_OPENBLAS_OPENMP AND NOT ABLATRIX_TORCH)
    add_link_options(-Wl,--disable-new-dtags -Wl,-rpath,${ABLATRIX_OPENBLAS_OPENMP})
elseif(NOT ABLATRIX_TORCH)
    message(WARNING "libopenblas0-openmp is not installed: matrix products will be 2-80 times slower. 'ablatrix doctor' tells more.")
endif()

ablatrix_dependency(log spdlog::spdlog fmt::fmt)
ablatrix_dependency(json nlohmann_json::nlohmann_json)
ablatrix_dependency(yaml yaml-cpp)
ablatrix_dependency(program_options Boost::program_options)
ablatrix_dependency(math Boost::headers)
ablatrix_dependency(eigen Eigen3::Eigen)
ablatrix_dependency(mpi MPI::MPI_C)
ablatrix_dependency(hdf5 PkgConfig::hdf5 MPI::MPI_C)
# Without this Open MPI and MPICH headers drag in the removed C++ bindings.
foreach(dependency mpi hdf5)
    target_compile_definitions(ablatrix_dep_${dependency} INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
endforeach()
ablatrix_dependency(xxhash PkgConfig::xxhash)
ablatrix_dependency(icu PkgConfig::icu)
ablatrix_dependency(random123)
target_include_directories(ablatrix_dep_random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE})
ablatrix_dependency(faiss ${FAISS_LIBRARY} OpenMP::OpenMP_CXX)
target_include_directories(ablatrix_dep_faiss SYSTEM INTERFACE ${FAISS_INCLUDE})
ablatrix_dependency(torch ${TORCH_LIBRARIES} OpenMP::OpenMP_CXX)
target_include_directories(ablatrix_dep_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
