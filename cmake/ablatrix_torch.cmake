# libtorch: Debian's 1.13, or a 2.x whose folder ABLATRIX_TORCH names (site-packages/torch of a PyPI wheel, or an unpacked
# libtorch archive). All that such a folder needs happens here; nothing else has to be set.
set(ABLATRIX_TORCH "" CACHE PATH "Folder of a libtorch to use instead of the system's: site-packages/torch of a PyPI wheel")

# Forgets what an earlier configuration found elsewhere.
function(ablatrix_forget_other_torch)
    foreach(variable Torch_DIR Caffe2_DIR c10_LIBRARY TORCH_LIBRARY)
        if(NOT "$CACHE{${variable}}" MATCHES "^${ABLATRIX_TORCH}/")
            unset(${variable} CACHE)
        endif()
    endforeach()
endfunction()

# Two versions in one program abort when it starts, so every part must come from one folder.
function(ablatrix_check_one_torch)
    set(parts ${TORCH_LIBRARY} ${c10_LIBRARY})
    foreach(target torch c10 torch_cpu)
        foreach(configuration "" _RELEASE _NONE)
            get_target_property(part ${target} IMPORTED_LOCATION${configuration})
            list(APPEND parts ${part})
        endforeach()
    endforeach()
    set(folders)
    foreach(part ${parts})
        if(EXISTS "${part}")
            get_filename_component(folder "${part}" REALPATH)
            get_filename_component(folder "${folder}" DIRECTORY)
            list(APPEND folders ${folder})
        endif()
    endforeach()
    list(REMOVE_DUPLICATES folders)
    list(LENGTH folders count)
    if(count GREATER 1)
        message(FATAL_ERROR "Parts of two libtorch versions were found, which abort at start together: ${folders}. "
                            "Set ABLATRIX_TORCH to the folder of one of them (for a wheel: site-packages/torch, not its "
                            "share/cmake) and configure an empty build folder.")
    endif()
    if(ABLATRIX_TORCH AND NOT "${folders}" MATCHES "^${ABLATRIX_TORCH}/")
        message(FATAL_ERROR "ABLATRIX_TORCH is ${ABLATRIX_TORCH}, but CMake found libtorch in ${folders}. Remove that one "
                            "from CMAKE_PREFIX_PATH and from the cache (-U 'Torch_DIR' -U '*c10*').")
    endif()
endfunction()

if(ABLATRIX_TORCH)
    get_filename_component(ABLATRIX_TORCH ${ABLATRIX_TORCH} REALPATH)
    if(NOT EXISTS ${ABLATRIX_TORCH}/share/cmake/Torch/TorchConfig.cmake)
        message(FATAL_ERROR "ABLATRIX_TORCH is ${ABLATRIX_TORCH}, which is no libtorch: it holds no "
                            "share/cmake/Torch/TorchConfig.cmake. python3 -c 'import torch; print(*torch.__path__)' tells "
                            "where a wheel's is.")
    endif()
    ablatrix_forget_other_torch()
    list(PREPEND CMAKE_PREFIX_PATH ${ABLATRIX_TORCH})
    # CUDA wheels test the compiler for architectures when they are found; without a list, one that newer toolkits refuse.
    if(NOT DEFINED ENV{TORCH_CUDA_ARCH_LIST})
        set(ENV{TORCH_CUDA_ARCH_LIST} 9.0)
    endif()
    # A wheel brings its own OpenMP, and its nvidia packages lie beside it. CMake would warn of every target that the
    # compiler's OpenMP is hidden, which is right here: one program must have one.
    set(CMAKE_SKIP_RPATH ON)
    file(GLOB nvidia_folders LIST_DIRECTORIES true ${ABLATRIX_TORCH}/../nvidia/*/lib)
    foreach(folder ${ABLATRIX_TORCH}/lib ${nvidia_folders})
        get_filename_component(folder ${folder} REALPATH)
        add_link_options(-Wl,-rpath,${folder} -Wl,-rpath-link,${folder})
    endforeach()
endif()

find_package(Torch REQUIRED)
ablatrix_check_one_torch()
if("${TORCH_CXX_FLAGS}" MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
    message(FATAL_ERROR "libtorch in ${TORCH_INSTALL_PREFIX} is built for the C++ ABI of before 2011, which no other library "
                        "here shares. Use a wheel of 2.6 or newer, or the libtorch archive called cxx11-abi.")
endif()
