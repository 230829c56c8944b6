# SPDX-License-Identifier: GPL-3.0-or-later
# Tests of the Models, Train and Runs pages' C++ side; included by CMakeLists.txt beside it.
find_package(Qt6 6.4 REQUIRED COMPONENTS Test)
foreach(name IN ITEMS model_conversion models_library runs train_form)
  add_executable(app_${name}_test ${CMAKE_CURRENT_LIST_DIR}/${name}_test.cpp)
  set_target_properties(
    app_${name}_test PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(app_${name}_test PRIVATE greylag_ui Qt6::Test)
  add_test(NAME app_${name}_test COMMAND app_${name}_test)
  set_tests_properties(
    app_${name}_test PROPERTIES ENVIRONMENT "QT_QPA_PLATFORM=offscreen;LC_ALL=C.UTF-8" LABELS fast
                                TIMEOUT 60)
endforeach()

add_executable(app_training_pages_test ${CMAKE_CURRENT_LIST_DIR}/training_pages_test.cpp)
set_target_properties(
  app_training_pages_test PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_link_libraries(app_training_pages_test PRIVATE greylag_ui greylag_uiplugin greylag_fake_engine
                                                      Qt6::Test)
add_test(NAME app_training_pages_test COMMAND app_training_pages_test)
set_tests_properties(
  app_training_pages_test
  PROPERTIES ENVIRONMENT "QT_QPA_PLATFORM=offscreen;QT_QUICK_BACKEND=software;LC_ALL=C.UTF-8" LABELS
             fast TIMEOUT 60)
