// Everything else in this folder only includes the header.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
