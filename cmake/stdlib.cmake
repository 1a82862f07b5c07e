# The library modules of stdlib/*.calc are embedded in the binary: start-up touches no file.
file(GLOB stdlib_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/stdlib/*.calc)
set(stdlib_cpp ${CMAKE_BINARY_DIR}/generated/embedded_stdlib.cpp)
add_custom_command(
  OUTPUT ${stdlib_cpp}
  COMMAND ${CMAKE_COMMAND} -DOUT=${stdlib_cpp} "-DSOURCES=${stdlib_sources}"
          -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${stdlib_sources} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
  VERBATIM)
add_library(calc_stdlib STATIC ${stdlib_cpp})
get_target_property(driver_type calc_driver TYPE)
if(driver_type STREQUAL INTERFACE_LIBRARY)
  target_link_libraries(calc_driver INTERFACE calc_stdlib)
else()
  target_link_libraries(calc_driver PUBLIC calc_stdlib)
endif()
