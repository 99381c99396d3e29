# The few ways in which this project declares targets.

add_library(ablatrix_options INTERFACE)
target_compile_options(ablatrix_options INTERFACE -Wall -Wextra -Wpedantic -Wno-missing-field-initializers
    -Wno-restrict  # GCC 12 reports "text" + std::to_string(n)
    -ffp-contract=off)
if(ABLATRIX_SANITIZE)
    target_compile_options(ablatrix_options INTERFACE -fsanitize=${ABLATRIX_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(ablatrix_options INTERFACE -fsanitize=${ABLATRIX_SANITIZE})
endif()

# ablatrix_add_module(<name> [DEPENDS modules...] [PRIVATE_DEPENDS dependency names...])
#
# One static library from every source in the calling folder. Modules it depends on are public; heavy third-party
# libraries are private, so that no other module sees their headers.
function(ablatrix_add_module name)
    cmake_parse_arguments(arg "" "" "DEPENDS;PRIVATE_DEPENDS" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    add_library(ablatrix_${name} STATIC ${sources})
    add_library(ablatrix::${name} ALIAS ablatrix_${name})
    target_include_directories(ablatrix_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(ablatrix_${name} PRIVATE ablatrix_options)
    foreach(module ${arg_DEPENDS})
        target_link_libraries(ablatrix_${name} PUBLIC ablatrix::${module})
    endforeach()
    foreach(dependency ${arg_PRIVATE_DEPENDS})
        target_link_libraries(ablatrix_${name} PRIVATE ablatrix_dep_${dependency})
    endforeach()
endfunction()

# ablatrix_add_test(<name> SOURCES files... LINK modules... [DEPENDS dependency names...] [NP 1 2 4] [LABELS ...])
#
# Without NP every GoogleTest case becomes one CTest case. With NP the whole program runs under mpirun once for each
# rank count, from the same source.
function(ablatrix_add_test name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK;DEPENDS;NP;LABELS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ablatrix_options GTest::gmock)
    # Test code runs once: what it tests is optimised, it need not be, and compiles in half the time.
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR})
    target_compile_definitions(${name} PRIVATE ABLATRIX_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    foreach(module ${arg_LINK})
        target_link_libraries(${name} PRIVATE ablatrix::${module})
    endforeach()
    foreach(dependency ${arg_DEPENDS})
        target_link_libraries(${name} PRIVATE ablatrix_dep_${dependency})
    endforeach()
    if(arg_NP)
        foreach(np ${arg_NP})
            add_test(NAME ${name}_np${np} COMMAND ${MPIEXEC_EXECUTABLE} --oversubscribe -n ${np} $<TARGET_FILE:${name}>)
            set_tests_properties(${name}_np${np} PROPERTIES LABELS "${arg_LABELS}" PROCESSORS 2 TIMEOUT 120
                ENVIRONMENT "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMP_NUM_THREADS=1")
        endforeach()
    else()
        target_link_libraries(${name} PRIVATE GTest::gtest_main)
        if(NOT arg_LABELS)
            set(arg_LABELS unit)  # an empty value would swallow the next property's name
        endif()
        gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 300)
    endif()
endfunction()
