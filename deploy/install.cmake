# What `cmake --install` puts beside the programs: configuration, schemas, departments, systemd's files. The images, the
# packages and an installation by hand take the same.
include(GNUInstallDirs)
set(YJS_DATA ${CMAKE_INSTALL_DATADIR}/yijianshi)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/config ${CMAKE_SOURCE_DIR}/schemas DESTINATION ${YJS_DATA})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/adapters/departments DESTINATION ${YJS_DATA}/adapters)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/adapters/simulators/results DESTINATION ${YJS_DATA}/adapters/simulators)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/systemd/yjsd.service ${CMAKE_SOURCE_DIR}/deploy/systemd/yjs-adapter@.service
        DESTINATION lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME yijianshi.conf)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME yijianshi.conf)
